import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** What socketTextStream's reader makes of bytes that are not UTF-8: `java Utf8.java > java.txt` wrote the file beside. */
public class Utf8 {
    static final int[] BYTES = {
        0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4,
        0xF5, 0xF8, 0xFC, 0xFE, 0xFF
    };
    static final int[] LONG = {0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF8};
    static final int[] FOLLOWERS = {0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xED};

    static void show(int... values) throws Exception {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) bytes[i] = (byte) values[i];
        Reader reader = new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8);
        StringBuilder text = new StringBuilder();
        for (int c = reader.read(); c >= 0; c = reader.read()) text.append((char) c);
        HexFormat hex = HexFormat.of();
        System.out.println(hex.formatHex(bytes) + " " + hex.formatHex(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    public static void main(String[] args) throws Exception {
        for (int a : BYTES) show(a);
        for (int a : BYTES) for (int b : BYTES) show(a, b);
        for (int a : LONG) for (int b : FOLLOWERS) for (int c : FOLLOWERS) show(a, b, c);
        for (int a : LONG) for (int b : FOLLOWERS) for (int c : FOLLOWERS) show(a, b, c, 0x80);
    }
}
